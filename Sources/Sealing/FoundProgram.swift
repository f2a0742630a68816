package import Subprocess
internal import SystemPackage

extension Executable {
    /// A program by its path, where the name has a slash, or by its name in PATH.
    ///
    /// It is looked for here: `Subprocess` finds a name by starting a process for each directory of PATH until one has it.
    /// What is not there is left to `Subprocess`, which closes what it was given when it cannot start anything.
    package static func found(_ name: String) async -> Executable {
        if name.utf8.contains(UInt8(ascii: "/")) { return .path(FilePath(name)) }
        guard let path = try? await Executable.name(name).resolveExecutablePath(in: .inherit) else {
            return .name(name)
        }
        return .path(path)
    }
}
