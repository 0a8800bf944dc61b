"""Tests of policies: files beside a policy that say what it has to answer to which request."""
