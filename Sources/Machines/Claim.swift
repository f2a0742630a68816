import Glibc
package import JournalFormat

/// Who asked for something and through what: the account that sudo was called from, and the script, or the command where no
/// script did. Nothing proves either; the machine that signs the event only says so (`login` and `script` in its data).
package enum Claim {
    /// What others chose is left out where it is not a plain word or two.
    private static let longest = 64

    /// Who sits there, or whose job it is.
    package static var login: String? { Account.login.flatMap { plain($0) } }

    /// The script that a person or a timer called: the first of those that call one another says its name.
    private static var script: String? {
        if let script = variable("DEVJOURNAL_SCRIPT").flatMap({ plain($0) }) { return script }
        return CommandLine.arguments.dropFirst().first.flatMap { plain("devjournal \($0)") }
    }

    /// The event with what is claimed. A key event has exactly its own members, a note and a user's own event only what
    /// was asked for, and what the event says already stays.
    package static func on(_ event: NewEvent) -> NewEvent {
        guard let type = event.type.core, !type.isKeyEvent, type != .note else { return event }
        var data = event.data
        for (key, value) in [("login", login), ("script", script)] where data[key] == nil {
            if let value { data[key] = .string(value) }
        }
        return NewEvent(event.type, by: event.author, data)
    }

    private static func variable(_ name: String) -> String? {
        let value = unsafe getenv(name).map { unsafe String(cString: $0) }
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func plain(_ text: String) -> String? {
        let isPlain = (1...longest).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        return isPlain ? text : nil
    }
}
