"""The pages that coordinators and clinicians look at: only for who is signed in, and of their own studies."""
