package import Sodium

extension SignedEvent {
    /// Bytes that an event may have so that its record fits a line wherever it will stand: the envelope around it has
    /// at most 354, with both numbers at 16 digits.
    package static let maximumLength = RecordLayout.maximumLineLength - 354
}

extension EventLayout {
    /// Whether that key signed the event, which stands alone in `bytes`.
    package func isSigned(in bytes: Span<UInt8>, by key: Ed25519.PublicKey) -> Bool {
        var message: [UInt8] = []
        SigningDomain.write("devjournal/event/v1\n", bytes.extracting(0..<signedEnd), to: &message)
        guard let signature = Base64.decode(bytes.extracting(signature), count: Ed25519.signatureSize) else {
            return false
        }
        return key.verifies(signature.span, of: message.span)
    }
}
