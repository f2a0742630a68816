import DurableFiles
package import Machines
package import SystemPackage

/// Which versions of send streams a machine can make and take. Version 2 names punched holes instead of sending zeros,
/// where the kernel is new enough.
package enum StreamVersion {
    /// What every Btrfs can.
    package static let oldest = 1
    /// The newest that is asked for; `ServerReport` knows no higher one.
    package static let newest = 2
    /// btrfs-progs that it was tried with; the first that know it are older.
    private static let programs = (6, 2)

    /// The newest one that both the kernel and btrfs-progs know.
    package static func known(
        _ programs: any ProgramRunner, kernel: FilePath = "/sys/fs/btrfs/features/send_stream_version"
    ) async -> Int {
        guard let bytes = try? readFile(kernel, limit: 64),
            let version = Int(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber }), version >= newest,
            let shown = try? await programs.run("btrfs", ["--version"], limit: 1 << 12), shown.isSuccess,
            isNewEnough(shown.output)
        else { return oldest }
        return newest
    }

    /// - Parameter text: `btrfs-progs v6.2`, and more.
    static func isNewEnough(_ text: String) -> Bool {
        guard let word = text.split(whereSeparator: \.isWhitespace).dropFirst().first, word.hasPrefix("v") else {
            return false
        }
        let numbers = word.dropFirst().split(separator: ".").prefix(2).map { Int($0.prefix { $0.isNumber }) ?? 0 }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= programs
    }
}
