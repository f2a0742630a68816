/// Why a journal was not audited or a review not signed.
package enum AuditError: OperationError {
    /// The lines kept of the journal that this one succeeds.
    case predecessorDamaged(_ text: String)
    case noRecord(Int, size: Int)
}

extension AuditError {
    package var description: String {
        switch self {
        case .predecessorDamaged(let text): text
        case .noRecord(let seq, let size): "there is no record \(seq); the journal has \(size)"
        }
    }

    package var hint: String? { nil }

    package var kind: FailureKind {
        switch self {
        case .predecessorDamaged: .damaged
        case .noRecord: .notFound
        }
    }
}
