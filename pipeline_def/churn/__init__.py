"""Telecom churn: binary classification."""
