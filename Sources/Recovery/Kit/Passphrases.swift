package import Sodium

/// Where the passphrase of something new comes from: anybody who calls asks for it, or makes one and shows it.
package struct NewPassphrase {
    package let make: () throws -> SecretBytes
    /// Shows one that was made, to be written down, before anything depends on it; does nothing where it was given.
    package let show: (borrowing SecretBytes, _ owner: String) -> Void

    package init(
        make: @escaping () throws -> SecretBytes, show: @escaping (borrowing SecretBytes, String) -> Void = { _, _ in }
    ) {
        self.make = make
        self.show = show
    }
}

/// The passphrase of a kit that is made from one that opens: another one, or the same.
package struct RenewedPassphrase {
    /// Nil where it stays.
    private let read: (() throws -> SecretBytes)?

    package static var same: RenewedPassphrase { RenewedPassphrase(nil) }

    package init(_ read: (() throws -> SecretBytes)?) { self.read = read }

    /// Runs `body` with it.
    package func use<Result>(
        insteadOf old: borrowing SecretBytes, _ body: (borrowing SecretBytes) throws -> Result
    ) throws -> Result {
        guard let read else { return try body(old) }
        return try body(try read())
    }
}
