import DurableFiles
import SystemPackage
import VisibleText

/// A person's yes, from the terminal itself: what is piped in is nobody's word.
enum Confirmation {
    /// - Parameter noTerminal: the status where there is no terminal.
    /// - Throws: where there is none, or the answer is anything but `yes`.
    static func require(_ question: String, noTerminal: ExitStatus = .usage) throws {
        guard let terminal = try? OpenFile("/dev/tty", .readWrite) else {
            throw Complaint("there is no terminal to ask on", hint: "--yes, once you have read it all", noTerminal)
        }
        try terminal.write(Array("\(VisibleText.line(question)) Type yes: ".utf8).span)
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while line.count < 64, try terminal.read(into: &byte) == 1, byte[0] != UInt8(ascii: "\n") {
            line.append(byte[0])
        }
        guard line == Array("yes".utf8) else { throw Complaint("not confirmed; nothing was done", .refused) }
    }
}
