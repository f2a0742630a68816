import Glibc
import SystemPackage

/// execvp(3): the command takes this process's place, so that ending this process ends that one. It starts with
/// SIGPIPE as programs expect it.
func replaceProcess(_ command: [String]) throws -> Never {
    guard let name = command.first else { throw ServingError.transferNotStarted("the command is empty") }
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe []
    for word in command { unsafe arguments.append(strdup(word)) }
    unsafe arguments.append(nil)
    signal(SIGPIPE, SIG_DFL)
    unsafe execvp(name, &arguments)
    throw ServingError.transferNotStarted("\(name) could not be started: \(Errno(rawValue: errno))")
}
