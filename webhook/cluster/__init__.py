"""What a cluster tells: its policies, namespaces, params and custom resources, kept up to date by watches."""
