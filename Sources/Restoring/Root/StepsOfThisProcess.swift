import DurableFiles
package import Machines

extension Machine {
    /// How root's steps are done by this process: here, when it is root's; else by the one program that the server's user
    /// may run as root.
    ///
    /// - Parameter isRoot: whose this process is.
    package func rootSteps(isRoot: Bool = DurableFiles.isRoot) -> any RootSteps {
        isRoot ? PrivilegedRestore(self) : RootHelper(self)
    }
}
