"""The step as a CustomJob of Vertex AI, whose replicas are a flock."""
