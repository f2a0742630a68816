// Hashes in bulk by OpenSSL's libcrypto, which uses the processor's SHA instructions (libsodium does not), and the
// hexadecimal digits in which they are written.
