import Backup
import Digest
import Machines
import Restoring
import Synchronization
import SystemPackage

/// Root's steps, remembered: a receive gives the label a snapshot, and a step fails where a test wants it.
package final class RememberingSteps: RootSteps {
    private struct State {
        var asked: [String] = []
        var snapshots: [Label: Btrfs.Subvolume] = [:]
        var failing: [String: any Error] = [:]
        var listings: [Label: [UInt8]] = [:]
        var following: WorkingCopy.Outcome = .init(isNew: true, kept: nil, unpowered: nil)
    }

    private let state = Mutex(State())

    package init() {}

    /// What was done, such as `receive dev@2026-01`; questions are left out.
    package var done: [String] { state.withLock(\.asked) }
    package func forget() { state.withLock { $0.asked = [] } }
    package func fail(_ step: String, _ error: any Error) { state.withLock { $0.failing[step] = error } }
    package func mend() { state.withLock { $0.failing = [:] } }
    package func put(_ label: Label, _ subvolume: Btrfs.Subvolume?) {
        state.withLock { $0.snapshots[label] = subvolume }
    }
    package func put(_ label: Label, listing: [UInt8]) { state.withLock { $0.listings[label] = listing } }
    package func follow(with outcome: WorkingCopy.Outcome) { state.withLock { $0.following = outcome } }

    package static func snapshot(of uuid: String, own: String = "own") -> Btrfs.Subvolume {
        .init(uuid: "\(own)-\(uuid)", receivedUUID: uuid, parentUUID: nil, isReadOnly: true, isUntouched: true)
    }

    private func step(_ words: String) throws {
        let failure = state.withLock { state -> (any Error)? in
            state.asked.append(words)
            return state.failing[words]
        }
        if let failure { throw failure }
    }

    package func subvolume(_ label: Label) async throws -> Btrfs.Subvolume? { state.withLock { $0.snapshots[label] } }

    package func receive(_ label: Label, progress: @escaping @Sendable (UInt64) -> Void) async throws -> Btrfs.Subvolume
    {
        try step("receive \(label)")
        let received = Self.snapshot(of: uuid(label))
        put(label, received)
        return received
    }

    private func uuid(_ label: Label) -> String {
        "00000000-0000-0000-0000-000000\(label.monthText.filter { $0 != "-" })"
    }

    package func compare(_ label: Label) async throws { try step("compare \(label)") }
    /// What a test has put there.
    package func list(_ label: Label, text: @escaping @Sendable ([UInt8]) -> Void) async throws -> String {
        try step("list \(label)")
        let listing = state.withLock { $0.listings[label] } ?? []
        text(listing)
        return SHA256.hash(listing.span).hex
    }
    package func clear() async throws { try step("clear") }
    package func requirePlace() async throws { try step("place") }

    package func withdraw(_ label: Label) async throws -> String {
        try step("withdraw \(label)")
        put(label, nil)
        return "\(label).withdrawn-own"
    }

    package func follow(_ label: Label) async throws -> WorkingCopy.Outcome {
        try step("follow \(label)")
        return state.withLock(\.following)
    }
}
