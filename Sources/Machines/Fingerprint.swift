package import JournalFormat

extension KeyID {
    /// A fingerprint that a person has typed or pasted.
    package init(typed text: String) throws(FingerprintError) {
        guard let id = KeyID(text) else { throw .malformed(text) }
        self = id
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
