import Digest

@testable import JournalFormat

/// A record has one spelling: its values, written again, are its line; and the second, slower look at a line
/// (`EnvelopeDiagnosis`) accepts exactly what the first accepts.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRecordLine(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let line = fuzzInput(start, count)
    let layout = try? RecordLayout(line.span)
    if let layout {
        require(line.count <= 65_535, "a line has at most 65,535 bytes")
        require(rewritten(layout, line) == line, "a record is written as it was read")
        let event = line[layout.event.range]
        require((try? EventLayout(Array(event).span)) != nil, "a record's event stands alone as well")
    }
    if line.last == UInt8(ascii: "\n"), line.count <= RecordLayout.maximumLineLength, line.span.isUTF8 {
        let isExplained = (try? EnvelopeDiagnosis.explain(line.span.extracting(droppingLast: 1))) == nil
        require(isExplained == (layout == nil), "what is refused is explained, and nothing else")
    }
    return 0
}

private func rewritten(_ layout: RecordLayout, _ line: [UInt8]) -> [UInt8] {
    func text(_ range: Range<Int>) -> String { String(copying: line.span.extracting(range)) }
    guard let event = try? layout.event.event(in: line.span) else { fatalError("an accepted event cannot be read") }
    var bytes = Array(
        #"{"v":1,"log":"\#(layout.log)","epoch":\#(layout.epoch),"seq":\#(layout.seq),"prev":"\#(layout.prev.hex)","#
            .utf8)
    bytes += #""ts":"\#(layout.ts)","kid":"\#(layout.kid)","event":{"id":"\#(event.id)","#.utf8
    bytes += #""log":"\#(layout.event.log)","#.utf8
    bytes += #""type":"\#(event.type)","schema":\#(event.schema),"author":"\#(event.author)","#.utf8
    bytes += #""ts":"\#(event.ts)","data":"#.utf8
    JSONValue.object(event.data).write(to: &bytes)
    require(bytes.count == layout.event.signedEnd, "an event's signature covers its data and what is before")
    bytes += #","sig":"\#(text(layout.event.signature))"}"#.utf8
    require(bytes.count == layout.signedEnd, "a record's signature covers its event and what is before")
    return bytes + #","sig":"\#(text(layout.signature))"}"#.utf8 + [UInt8(ascii: "\n")]
}
