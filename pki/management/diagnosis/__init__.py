"""What `certiflow doctor` looks at; each module knows one part of an installation."""
