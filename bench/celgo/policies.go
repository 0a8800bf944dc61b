package main

import (
	"context"
	"encoding/json"
	"log"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// timePolicies gives the nanoseconds that Kubernetes' own validators take to admit a Pod by all policies.
func timePolicies(policies []json.RawMessage, pod json.RawMessage) int64 {
	validators := make([]validating.Validator, len(policies))
	for i, raw := range policies {
		var policy admissionregistrationv1.ValidatingAdmissionPolicy
		if err := json.Unmarshal(raw, &policy); err != nil {
			log.Fatal(err)
		}
		validators[i] = compile(&policy)
	}
	var object map[string]any
	if err := utiljson.Unmarshal(pod, &object); err != nil {
		log.Fatal(err)
	}
	created := &unstructured.Unstructured{Object: object}
	kind := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	resource := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			attributes := admission.NewAttributesRecord(
				created, nil, kind, created.GetNamespace(), created.GetName(), resource, "",
				admission.Create, nil, false, &user.DefaultInfo{Name: "someone"})
			versioned := &admission.VersionedAttributes{
				Attributes: attributes, VersionedKind: kind, VersionedObject: created}
			for _, validator := range validators {
				decided := validator.Validate(
					context.Background(), resource, versioned, nil, nil, celconfig.RuntimeCELCostBudget, nil)
				for _, decision := range decided.Decisions {
					if decision.Action != validating.ActionAdmit {
						b.Fatalf("denied: %s", decision.Message)
					}
				}
			}
		}
	})
	return result.NsPerOp()
}

// compile makes a validator of a policy, as the admission plugin does.
func compile(policy *admissionregistrationv1.ValidatingAdmissionPolicy) validating.Validator {
	hasParams := policy.Spec.ParamKind != nil
	declared := plugincel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}
	inMessages := plugincel.OptionalVariableDeclarations{HasParams: hasParams}
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 36)))
	if err != nil {
		log.Fatal(err)
	}
	for _, variable := range policy.Spec.Variables {
		compiler.CompileAndStoreVariable(
			&validating.Variable{Name: variable.Name, Expression: variable.Expression},
			declared, environment.StoredExpressions)
	}
	var conditions, validations, messages []plugincel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	for _, validation := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{
			Expression: validation.Expression, Message: validation.Message, Reason: validation.Reason})
		messages = append(messages, &validating.MessageExpressionCondition{
			MessageExpression: validation.MessageExpression})
	}
	filter := func(expressions []plugincel.ExpressionAccessor, variables plugincel.OptionalVariableDeclarations) plugincel.ConditionEvaluator {
		return compiler.CompileCondition(expressions, variables, environment.StoredExpressions)
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(
			filter(conditions, declared), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	return validating.NewValidator(
		filter(validations, declared), matcher, filter(nil, declared), filter(messages, inMessages),
		policy.Spec.FailurePolicy, nil)
}
