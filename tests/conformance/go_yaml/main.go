// Records what Kubernetes' own YAML reading makes of texts: one JSON object a line in, one out.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"

	kjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// typed tells ints from floats, which JSON does not.
func typed(value any) any {
	switch value := value.(type) {
	case int64:
		return map[string]any{"int": strconv.FormatInt(value, 10)}
	case float64:
		return map[string]any{"float": strconv.FormatFloat(value, 'x', -1, 64)}
	case map[string]any:
		members := map[string]any{}
		for key, member := range value {
			members[key] = typed(member)
		}
		return map[string]any{"map": members}
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = typed(item)
		}
		return items
	}
	return value
}

func read(text string) (any, error) {
	converted, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	var value any
	err = kjson.Unmarshal(converted, &value)
	return value, err
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var asked struct{ Text string }
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		answer := map[string]any{"text": asked.Text}
		if value, err := read(asked.Text); err != nil {
			answer["refused"] = err.Error()
		} else {
			answer["value"] = typed(value)
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
}
