package import Backup
import DurableFiles
package import SystemPackage

/// Sees that a receive leaves the reserve of its disk alone. What it needs was looked at before it began, by what is
/// announced; a stream can take more than its own length (FALLOCATE, or many small files), so what is really free is
/// looked at while it runs.
package struct StagingSpace {
    /// A file system that is written to as fast as it can loses no more than some hundreds of MiB in that time.
    private static let interval = Duration.milliseconds(100)

    /// What a receive leaves of a workstation's disk.
    package static let workstationReserve = SpaceReserve.bytes(64 << 20)

    private let directory: FilePath
    private let reserve: SpaceReserve

    /// - Parameter reserve: what is to be left of the file system that holds the directory.
    package init(_ directory: FilePath, reserve: SpaceReserve) {
        self.directory = directory
        self.reserve = reserve
    }

    /// Runs what receives, which is cancelled when the reserve is reached.
    package func watched<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                let value = try await body()
                // What was written and not allocated yet has its place now.
                try synchronizeFileSystem(holding: directory)
                try requireRoom()
                return value
            }
            group.addTask {
                while true {
                    // That it was cancelled says that the other one has ended.
                    do { try await Task.sleep(for: Self.interval) } catch { return nil }
                    try requireRoom()
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    private func requireRoom() throws {
        let space = try FileSystemSpace(holding: directory)
        let kept = reserve.bytes(ofTotal: space.total)
        guard space.free < kept else { return }
        throw ReceivingError.reserveReached(directory, free: space.free, kept: kept)
    }
}
