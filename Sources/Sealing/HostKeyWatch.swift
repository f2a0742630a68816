internal import VisibleText

/// ssh has refused to talk to a host, because another key answered than the one that is known.
package struct OtherHostKey: Equatable, CustomStringConvertible {
    /// Of the key that answered, `SHA256:…`; nil where ssh has not said it.
    package let fingerprint: String?

    package init(fingerprint: String?) {
        self.fingerprint = fingerprint
    }

    package var description: String {
        "another ssh host key answers than the one that was paired" + (fingerprint.map { ": \($0)" } ?? "")
    }
}

/// Why ssh has not let its user in.
package enum SSHError: Error, Equatable {
    case otherHostKey(OtherHostKey)
    /// The server does not admit this machine's key.
    case keyNotAdmitted
}

/// Finds out from ssh's own words that another host key answered, and keeps back its banner, whose advice (edit
/// known_hosts) is wrong here; or that the server does not admit the key. Every other line is shown.
///
///     var watch = HostKeyWatch()
///     for line in lines { watch.take(line).forEach(show) }
///     watch.finish().forEach(show)
///     watch.found    // SSHError, or nil
struct HostKeyWatch {
    private(set) var found: SSHError?
    private var heldBack: [[UInt8]] = []
    private var fingerprint: String?

    /// ssh's banner is 14 lines; longer output is something else.
    private static let longestBanner = 32

    /// - Parameter line: without its end.
    /// - Returns: the lines to show now.
    mutating func take(_ line: [UInt8]) -> [[UInt8]] {
        let text = VisibleText.line(line)
        if heldBack.isEmpty, text.contains(": Permission denied (") { found = .keyNotAdmitted }
        guard !heldBack.isEmpty || Self.begins(text) else { return [line] }
        heldBack.append(line)
        if text.hasPrefix("SHA256:") { fingerprint = text.hasSuffix(".") ? String(text.dropLast()) : text }
        if text == "Host key verification failed." {
            found = .otherHostKey(OtherHostKey(fingerprint: fingerprint))
            heldBack = []
        }
        return heldBack.count > Self.longestBanner ? finish() : []
    }

    /// What was kept back of something that was not a banner after all.
    mutating func finish() -> [[UInt8]] {
        defer { heldBack = [] }
        return heldBack
    }

    /// A key of the known kind has changed, or the host has only keys of another kind.
    private static func begins(_ text: String) -> Bool {
        (text.count > 40 && text.allSatisfy { $0 == "@" })
            || (text.hasPrefix("No ") && text.hasSuffix(" and you have requested strict checking."))
    }
}
