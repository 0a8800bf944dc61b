module polgate.io/bench/load

go 1.26.0
