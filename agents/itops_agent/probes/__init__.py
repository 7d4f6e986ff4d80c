"""One function a probe: each reads one thing from psutil and returns it in the wire's words."""
