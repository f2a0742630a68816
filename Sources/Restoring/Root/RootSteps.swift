package import Backup

/// The part of a server's restore that needs root, step by step. Each takes a label and nothing else: whatever is done is
/// what the signed journal says of it.
package protocol RootSteps: Sendable {
    /// What stands among the received snapshots under that name.
    func subvolume(_ label: Label) async throws -> Btrfs.Subvolume?
    /// Receives the artifact that is registered for that label. All that its chain needs must have been received.
    ///
    /// - Parameter progress: told how many bytes of the artifact were opened.
    func receive(_ label: Label, progress: @escaping @Sendable (UInt64) -> Void) async throws -> Btrfs.Subvolume
    /// Throws where what was received earlier is no longer the tree that was sealed.
    func compare(_ label: Label) async throws
    /// Lists what was received, in the text of a tree's listing, piece by piece.
    ///
    /// - Returns: the listing's hash, which is the tree's.
    func list(_ label: Label, text: @escaping @Sendable ([UInt8]) -> Void) async throws -> String
    /// Deletes what an interrupted receive has left.
    func clear() async throws
    /// Throws where the working copy cannot be exchanged for another: before hours are spent on receiving.
    func requirePlace() async throws
    /// Gives the received snapshot of a withdrawn label another name, which is returned.
    func withdraw(_ label: Label) async throws -> String
    /// Makes the working copy one of that received snapshot.
    func follow(_ label: Label) async throws -> WorkingCopy.Outcome
}
