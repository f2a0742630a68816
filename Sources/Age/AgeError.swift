/// Why an age file, key or identity file was refused. No case holds anything secret.
package enum AgeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file is sound as far as anybody can see, but no identity given here opens it, or the passphrase is wrong.
    case wrongKey
    /// What was read is neither a binary nor an armored age file.
    case notAgeFile
    /// The header breaks a rule of the format.
    case malformedHeader(String)
    /// A key fits, but the header was changed after it was written.
    case changedHeader
    /// A passphrase stanza asks for more work than the limit allows.
    case workFactorTooHigh(limit: Int)
    /// The system does not grant the memory which the work factor of a passphrase asks for.
    case noMemory(workFactor: Int)
    /// The armor around the file breaks a rule of the format.
    case malformedArmor(String)
    /// The file ends too early.
    case truncated
    /// A chunk of the payload, counted from 0, is not what was encrypted, or only a part of it.
    case damagedPayload(chunk: UInt64)
    /// The last chunk of a payload is empty although others come before it.
    case emptyLastChunk
    /// There is more after the last chunk.
    case trailingData
    case malformedRecipient(String)
    case malformedIdentity(String)
    /// A line of an identity file, counted from 1.
    case malformedIdentityFile(line: Int, String)
    case noIdentity
    /// The identity file is itself an age file; `AgeIdentityFile.decrypt` opens it with a passphrase.
    case encryptedIdentityFile

    package var description: String {
        switch self {
        case .wrongKey: "no key given here opens this age file, or the passphrase is wrong"
        case .notAgeFile: "not an age file"
        case .malformedHeader(let reason): "malformed header: \(reason)"
        case .changedHeader: "the header of the age file was changed: its MAC does not match"
        case .workFactorTooHigh(let limit): "the work factor of the passphrase is above the limit of \(limit)"
        case .noMemory(let workFactor): "not enough memory for a passphrase with work factor \(workFactor)"
        case .malformedArmor(let reason): "malformed armor: \(reason)"
        case .truncated: "the age file is truncated"
        case .damagedPayload(let chunk): "the age file is damaged or truncated: chunk \(chunk) cannot be authenticated"
        case .emptyLastChunk: "the age file is damaged: its last chunk is empty"
        case .trailingData: "there is data after the end of the age file"
        case .malformedRecipient(let reason): "malformed recipient: \(reason)"
        case .malformedIdentity(let reason): "malformed identity: \(reason)"
        case .malformedIdentityFile(let line, let reason): "malformed identity in line \(line): \(reason)"
        case .noIdentity: "the identity file holds no identity"
        case .encryptedIdentityFile: "the identity file is encrypted with a passphrase"
        }
    }
}
