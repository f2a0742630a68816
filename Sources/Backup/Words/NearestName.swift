/// The name that somebody may have meant: the nearest one, by letters that are missing, wrong, too many or exchanged; nil
/// where none is near.
package func nearest(to word: String, among names: [String]) -> String? {
    let letters = Array(word.utf8)
    guard letters.count <= 64 else { return nil }
    let distances = names.map { (name: $0, distance: editDistance(letters, Array($0.utf8))) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, letters.count / 3) ? best.name : nil
}

private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var (before, last, row) = ([Int](), [Int](), Array(0...other.count))
    for index in one.indices {
        (before, last, row) = (last, row, [index + 1])
        for column in other.indices {
            var best = min(last[column + 1] + 1, row[column] + 1, last[column] + (one[index] == other[column] ? 0 : 1))
            if index > 0, column > 0, one[index] == other[column - 1], one[index - 1] == other[column] {
                best = min(best, before[column - 1] + 1)
            }
            row.append(best)
        }
    }
    return row[other.count]
}
