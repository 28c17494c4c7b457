"""Reading and writing of mail (RFC 5322), pure: bytes and frozen values."""
