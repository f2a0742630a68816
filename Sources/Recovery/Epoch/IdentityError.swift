package import Machines
package import SystemPackage

/// Why the age key was not changed.
package enum IdentityError: OperationError {
    /// The key file has none of the journal's recipients.
    case recipientsKeyMissing(FilePath, _ recipients: [String])
}

extension IdentityError {
    package var description: String {
        switch self {
        case .recipientsKeyMissing(let path, let recipients):
            "\(path) lacks the key of the journal's recipient, \(recipients.joined(separator: " "))"
        }
    }

    package var hint: String? { "its identity is in the recovery kit: age -d KIT" }
    package var kind: FailureKind { .refused }
}
