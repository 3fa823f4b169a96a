"""Pulls: how often images were pulled and checked, per hour or day."""
