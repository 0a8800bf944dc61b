"""The Common Expression Language as Kubernetes speaks it: checked, compiled once, evaluated fast or measured."""
