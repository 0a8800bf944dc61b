// Reads {"text": ...} lines and writes each with the tree or the findings that cel-go has for it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/parser"
)

type record struct {
	Text   string   `json:"text"`
	Tree   string   `json:"tree,omitempty"`
	Errors []string `json:"errors,omitempty"`
}

// show writes a tree as nested (kind id@offset detail children...).
func show(e ast.Expr, info *ast.SourceInfo) string {
	at := func(id int64) string {
		place, _ := info.GetOffsetRange(id)
		return fmt.Sprintf("%d@%d", id, place.Start)
	}
	of := func(kind, detail string, children ...ast.Expr) string {
		parts := []string{kind, at(e.ID())}
		if detail != "" {
			parts = append(parts, detail)
		}
		for _, child := range children {
			parts = append(parts, show(child, info))
		}
		return "(" + strings.Join(parts, " ") + ")"
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return of("literal", fmt.Sprintf("%s %v", e.AsLiteral().Type().TypeName(), e.AsLiteral().Value()))
	case ast.IdentKind:
		return of("ident", e.AsIdent())
	case ast.SelectKind:
		kind := "select"
		if e.AsSelect().IsTestOnly() {
			kind = "has"
		}
		return of(kind, e.AsSelect().FieldName(), e.AsSelect().Operand())
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return of("method", call.FunctionName(), append([]ast.Expr{call.Target()}, call.Args()...)...)
		}
		return of("call", call.FunctionName(), call.Args()...)
	case ast.ListKind:
		return of("list", fmt.Sprint(e.AsList().OptionalIndices()), e.AsList().Elements()...)
	case ast.MapKind:
		details, children := []string{}, []ast.Expr{}
		for _, entry := range e.AsMap().Entries() {
			details = append(details, fmt.Sprintf("%s?%v", at(entry.ID()), entry.AsMapEntry().IsOptional()))
			children = append(children, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return of("map", fmt.Sprint(details), children...)
	case ast.StructKind:
		details, children := []string{e.AsStruct().TypeName()}, []ast.Expr{}
		for _, field := range e.AsStruct().Fields() {
			init := field.AsStructField()
			details = append(details, fmt.Sprintf("%s?%v %s", at(field.ID()), init.IsOptional(), init.Name()))
			children = append(children, init.Value())
		}
		return of("struct", fmt.Sprint(details), children...)
	case ast.ComprehensionKind:
		fold := e.AsComprehension()
		names := fmt.Sprintf("[%s %s %s]", fold.IterVar(), fold.IterVar2(), fold.AccuVar())
		return of("fold", names, fold.IterRange(), fold.AccuInit(), fold.LoopCondition(), fold.LoopStep(), fold.Result())
	}
	return of("nothing", "")
}

func main() {
	env, err := cel.NewEnv(ext.TwoVarComprehensions())
	if err != nil {
		panic(err)
	}
	p, err := parser.NewParser(parser.Macros(env.Macros()...), parser.EnableOptionalSyntax(true))
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		r.Tree, r.Errors = "", nil
		parsed, issues := p.Parse(common.NewTextSource(r.Text))
		found := issues.GetErrors()
		sort.SliceStable(found, func(i, j int) bool {
			a, b := found[i].Location, found[j].Location
			return a.Line() < b.Line() || (a.Line() == b.Line() && a.Column() < b.Column())
		})
		for _, f := range found {
			r.Errors = append(r.Errors, fmt.Sprintf("%d:%d: %s", f.Location.Line(), f.Location.Column()+1, f.Message))
		}
		if len(found) == 0 {
			r.Tree = show(parsed.Expr(), parsed.SourceInfo())
		}
		if err := out.Encode(r); err != nil {
			panic(err)
		}
	}
}
