// The age v1 file format (C2SP, c2sp.org/age): X25519 and scrypt recipients, binary and armored.
//
// A file is a header and a payload. Each file has a *file key* of its own, 16 random bytes. The header holds
// one *stanza* for each *recipient*: the file key, wrapped so that the recipient's *identity* can unwrap it.
// A MAC under the file key ends the header. The payload is cut into chunks of 64 KiB, each sealed with
// ChaCha20-Poly1305 under a key derived from the file key; the nonce counts the chunks and marks the last one,
// so chunks cannot be dropped, swapped or added.
//
//     age-encryption.org/v1
//     -> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE
//     qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E
//     --- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s
//     [nonce, 16 bytes][chunk][chunk]…[last chunk]
//
// Writing: `AgeEncryptor`, fed piece by piece. Reading: `AgeDecryptor`, which takes binary and armored files
// and lets out only what was authenticated. `AgeFile` does both for what fits in memory. Keys are `AgeIdentity`
// (secret) and `AgeRecipient` (public); `AgeIdentityFile` is the text form of the former.
//
// What is not here: post-quantum, tagged and plugin recipients. Their stanzas are skipped as unknown ones are.

/// Fixed sizes of the format, in bytes.
enum AgeFormat {
    static let versionLine: StaticString = "age-encryption.org/v1"
    static let fileKeySize = 16
    static let payloadNonceSize = 16
    /// Plaintext of a chunk; the last one may hold less.
    static let chunkSize = 65536
    static let tagSize = 16
    static let sealedChunkSize = chunkSize + tagSize
    /// Characters of a full line of base64, in stanza bodies and in armor.
    static let columns = 64
    /// No header is longer than this: room for some ten thousand recipients, and a limit to what a hostile file costs.
    static let maximumHeaderSize = 1 << 20
}

extension StaticString {
    /// The characters as bytes.
    var bytes: [UInt8] { Array(description.utf8) }
}
