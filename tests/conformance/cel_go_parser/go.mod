module polgate/tests/cel_go_parser

go 1.25

require github.com/google/cel-go v0.26.0
