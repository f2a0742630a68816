package import DurableFiles
package import JournalFormat
package import SystemPackage

extension KeyID {
    /// A fingerprint that a person has typed or pasted.
    package init(typed text: String) throws(FingerprintError) {
        guard let id = KeyID(text) else { throw .malformed(text) }
        self = id
    }

    /// A fingerprint in a file of its own; nil where its first line is anything else.
    package static func read(_ path: FilePath) throws(FileFailure) -> KeyID? {
        KeyID(String(decoding: try readFile(path, limit: 64), as: UTF8.self).prefix { !$0.isNewline })
    }
}

package enum FingerprintError: OperationError {
    case malformed(String)
}

extension FingerprintError {
    package var description: String {
        switch self {
        case .malformed(let text): "\(text) is not a fingerprint"
        }
    }

    package var hint: String? { "32 lower-case hex digits" }
    package var kind: FailureKind { .usage }
}
