/// Why a store did not do what was asked: a kind to branch on and a sentence for a person.
package struct StoreError: Error, CustomStringConvertible, Equatable {
    package enum Kind: Sendable {
        /// The condition of a `put` does not hold.
        case conditionFailed
        /// There is no such object.
        case missing
        /// The store cannot be reached or its disk fails; trying again later may help.
        case unreachable
        /// The store, or the system, does not permit it.
        case denied
        /// The store refuses a request that is right as far as is known here, or its answer makes no sense.
        case refused
        /// The bytes are not the ones that were announced.
        case corrupt
        /// No room on the disk, in the quota or in the bucket.
        case full
        /// The request makes no sense here; trying again cannot help.
        case invalid
    }

    package let kind: Kind
    /// One lower-case sentence without a final period and without secrets.
    package let description: String
    /// What to do about it.
    package let hint: String?

    package init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    static func conditionFailed(_ text: String) -> StoreError { StoreError(.conditionFailed, text) }
    static func missing(_ text: String) -> StoreError { StoreError(.missing, text) }
    static func unreachable(_ text: String, hint: String? = nil) -> StoreError {
        StoreError(.unreachable, text, hint: hint)
    }
    static func refused(_ text: String, hint: String? = nil) -> StoreError { StoreError(.refused, text, hint: hint) }
    static func corrupt(_ text: String) -> StoreError { StoreError(.corrupt, text) }
    static func invalid(_ text: String, hint: String? = nil) -> StoreError { StoreError(.invalid, text, hint: hint) }
}
