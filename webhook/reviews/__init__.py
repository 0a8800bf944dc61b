"""Reviews: from the body the API server posts to the body it gets back."""
