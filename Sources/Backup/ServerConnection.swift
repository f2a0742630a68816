/// How a workstation reaches its server on another machine: the ssh that it runs there, and how rsync names a file there.
package struct ServerConnection: Sendable, Equatable {
    private let host: String
    private let port: String
    private let user: String
    private let state: String

    /// Nil where `LS_HOST` names no other machine.
    package init?(_ settings: SettingsText) {
        guard let host = settings.text("LS_HOST") else { return nil }
        self.host = host
        port = settings["LS_PORT"]
        user = settings["LS_USER"]
        state = settings["WS_STATE"]
    }

    /// The command up to the request. Nothing of the user's own ssh configuration counts, and an unknown host is never
    /// trusted on first sight.
    package var ssh: [String] { transport + ["--", "\(user)@\(host)"] }

    /// The same without the host, which rsync adds itself.
    package var transport: [String] {
        [
            "ssh", "-F", "/dev/null", "-i", "\(state)/ssh/id_ed25519", "-p", port, "-o", "IdentitiesOnly=yes",
            "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=\(state)/ssh/known_hosts",
            "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15",
            "-o", "LogLevel=ERROR",
        ]
    }

    /// The host as rsync is given it: an IPv6 address has colons of its own.
    package var rsyncAddress: String { "\(user)@\(host.contains(":") ? "[\(host)]" : host)" }
}

/// A word that a shell takes as it is.
package func shellQuoted(_ word: String) -> String {
    "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
}
