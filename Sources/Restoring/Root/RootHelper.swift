package import Backup
import JournalFormat
package import Machines

/// Root's steps by the one program that the server's user may run as root. That program takes a data set, one of few verbs
/// and a label, and reads its paths from root's own configuration.
package struct RootHelper: RootSteps {
    package static let program = RootHelperError.program

    /// One process of the helper answers all that is asked.
    private let session: any Conversation

    package init(_ machine: Machine) {
        session = machine.effects.programs.converse(
            with: "sudo", ["-n", "--", Self.program, machine.dataset, RootHelperCall.session])
    }

    package func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? {
        guard case .object(let object) = try await ask(.subvolume(label)) else { return nil }
        return Btrfs.Subvolume(object)
    }

    package func receive(
        _ label: Label, progress: @escaping @Sendable (UInt64) -> Void
    ) async throws -> Btrfs.Subvolume {
        let answer = try await ask(.receive(label), progress: progress)
        guard let received = answer.object.flatMap({ Btrfs.Subvolume($0) }) else { throw RootHelperError.unclear }
        return received
    }

    package func compare(_ label: Label) async throws { _ = try await ask(.compare(label)) }

    package func list(_ label: Label, text: @escaping @Sendable ([UInt8]) -> Void) async throws -> String {
        guard let tree = try await ask(.list(label), listing: text).string else { throw RootHelperError.unclear }
        return tree
    }

    package func clear() async throws { _ = try await ask(.clear) }

    package func requirePlace() async throws { _ = try await ask(.place) }

    package func withdraw(_ label: Label) async throws -> String {
        guard let name = try await ask(.withdraw(label)).string else { throw RootHelperError.unclear }
        return name
    }

    package func follow(_ label: Label) async throws -> WorkingCopy.Outcome {
        guard let outcome = try await ask(.follow(label)).object.flatMap({ WorkingCopy.Outcome($0) }) else {
            throw RootHelperError.unclear
        }
        return outcome
    }

    /// Asks the helper, which prints lines of JSON: how far it is, then its answer, or the exit status of what failed. What
    /// it complains of is on our standard error already.
    private func ask(
        _ call: RootHelperCall, progress: @escaping @Sendable (UInt64) -> Void = { _ in },
        listing: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws -> JSONValue {
        let answer = HelperAnswer(progress, listing: listing)
        do {
            let isAnswered = try await session.ask(call.words.joined(separator: " ")) { bytes in
                answer.take(bytes) && !answer.isWhole
            }
            if Task.isCancelled { try await session.end() }
            try Task.checkCancellation()
            if !isAnswered {
                guard let status = try await session.end() else { throw RootHelperError.killed(call.verb.rawValue) }
                if status == 1 { throw RootHelperError.notAllowed }
                throw status == 0 ? RootHelperError.unclear : SaidElsewhereError(status: status) as any Error
            }
        } catch is ProgramNotStartedError {
            throw RootHelperError.sudoNotStarted
        }
        guard let value = answer.value else { throw RootHelperError.unclear }
        if let status = value.object?["failed"]?.integer { throw SaidElsewhereError(status: Int32(clamping: status)) }
        return value
    }
}
