module polgate/tests/go_yaml

go 1.25

require (
	k8s.io/apimachinery v0.36.2
	sigs.k8s.io/yaml v1.6.0
)
