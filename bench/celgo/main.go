// Command celgo times Kubernetes' own CEL, cost tracking included, on the workload it reads from standard input.
//
// In:  {"object": {...}, "expressions": {"name": "text"}, "policies": [...], "pod": {...}}
// Out: {"name": nanoseconds for one evaluation}; with policies also {"policies": nanoseconds for all of them}
package main

import (
	"encoding/json"
	"log"
	"os"
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/google/cel-go/cel"
)

type workload struct {
	Object      json.RawMessage   `json:"object"`
	Expressions map[string]string `json:"expressions"`
	Policies    []json.RawMessage `json:"policies"`
	Pod         json.RawMessage   `json:"pod"`
}

type expression string

func (e expression) GetExpression() string    { return string(e) }
func (e expression) ReturnTypes() []*cel.Type { return []*cel.Type{cel.AnyType} }

func main() {
	var work workload
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		log.Fatal(err)
	}
	var object map[string]any
	if err := utiljson.Unmarshal(work.Object, &object); err != nil { // integers stay integers, as on the server
		log.Fatal(err)
	}
	compiler := plugincel.NewCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 36)))
	taken := map[string]int64{}
	for name, text := range work.Expressions {
		compiled := compiler.CompileCELExpression(
			expression(text), plugincel.OptionalVariableDeclarations{}, environment.NewExpressions)
		if compiled.Error != nil {
			log.Fatalf("%s: %v", name, compiled.Error)
		}
		activation := map[string]any{"object": object}
		result := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				if _, _, err := compiled.Program.Eval(activation); err != nil {
					b.Fatal(err)
				}
			}
		})
		taken[name] = result.NsPerOp()
	}
	if len(work.Policies) > 0 {
		taken["policies"] = timePolicies(work.Policies, work.Pod)
	}
	if err := json.NewEncoder(os.Stdout).Encode(taken); err != nil {
		log.Fatal(err)
	}
}
