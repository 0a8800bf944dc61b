"""What authors of policies use: tests beside a policy, and findings about the policy itself."""
