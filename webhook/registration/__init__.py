"""What the API server is told to ask this server for: the ValidatingWebhookConfiguration, kept as it has to be."""
