/// Why a journal was not audited or a review not signed.
package enum AuditError: OperationError {
    /// The lines kept of the journal that this one succeeds.
    case predecessorDamaged(_ story: String)
    case noRecord(Int, size: Int)
}

extension AuditError {
    package var description: String {
        switch self {
        case .predecessorDamaged(let story): story
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
