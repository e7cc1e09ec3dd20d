"""What a framework's container does where the user's module leaves a function out; one module a framework."""
