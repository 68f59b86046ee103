"""`make demo`: show the onboarding of two clients on the embedded AWS."""
