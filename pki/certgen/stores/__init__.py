"""The certificate stores of Windows, Linux and macOS, a module each."""
