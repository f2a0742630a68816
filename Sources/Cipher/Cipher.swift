// ChaCha20-Poly1305 in bulk by OpenSSL's libcrypto: the chunks of age files. Keys and single messages are Sodium's.
