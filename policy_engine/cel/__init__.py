"""The Common Expression Language as Kubernetes speaks it: checked, compiled once, evaluated fast or measured.

Start at `environment.Environment`: it compiles a text to a `program.Program`, which runs with a `budget.Meter`.
What can go wrong is in `errors`, what comes out in `values` and `measurement`. Nothing is imported here, so that
whoever wants one of these does not wait for all of them.
"""
