//! Which words make which gestures, in Chinese and English.
//!
//! The table is read like this: the longest line of words that is said at a place counts, Chinese anywhere, English between
//! word borders, capitals do not matter. A line without gestures only keeps shorter ones from counting (`this week` is not
//! `this`).

/// Words and the gestures that may go with them, one of which is made.
pub(super) struct Rule {
    pub(super) words: &'static [&'static str],
    pub(super) gestures: &'static [&'static str],
}

const fn rule(words: &'static [&'static str], gestures: &'static [&'static str]) -> Rule {
    Rule { words, gestures }
}

/// Words that make gestures; numbers are counted by [`count`].
pub(super) const RULES: [Rule; 19] = [
    rule(&["welcome", "欢迎"], &["welcome", "open"]),
    rule(
        &[
            "hello",
            "hi",
            "hey everyone",
            "hey everybody",
            "good morning",
            "good afternoon",
            "good evening",
            "大家好",
            "你好",
            "早上好",
            "下午好",
            "晚上好",
            "哈喽",
            "嗨",
        ],
        &["wave", "welcome"],
    ),
    rule(
        &[
            "bye",
            "bye bye",
            "goodbye",
            "see you",
            "再见",
            "拜拜",
            "明天见",
            "下次见",
            "晚安",
        ],
        &["wave"],
    ),
    rule(
        &["thank you", "thanks", "谢谢", "感谢", "多谢"],
        &["thanks", "bow", "heart"],
    ),
    rule(
        &[
            "this one",
            "these ones",
            "look at this",
            "look here",
            "right here",
            "here it is",
            "here is",
            "这款",
            "这个",
            "这一款",
            "这一个",
            "这瓶",
            "这件",
            "这支",
            "这套",
            "这双",
            "这盒",
            "这台",
            "看这里",
            "我手上",
            "手里的",
        ],
        &["present", "offer", "point-card"],
    ),
    rule(&["this", "these"], &["offer", "present"]),
    rule(
        &[
            "on the left",
            "to the left",
            "left side",
            "on your left",
            "左边",
            "左侧",
            "左手边",
        ],
        &["point-left"],
    ),
    rule(
        &[
            "on the right",
            "to the right",
            "right side",
            "on your right",
            "右边",
            "右侧",
            "右手边",
        ],
        &["point-right"],
    ),
    rule(
        &[
            "below",
            "down here",
            "down there",
            "the link",
            "link",
            "shopping cart",
            "下方",
            "下面",
            "小黄车",
            "链接",
            "购物车",
        ],
        &["point-down"],
    ),
    rule(
        &[
            "on the card",
            "the card",
            "the product card",
            "卡片",
            "商品卡",
        ],
        &["point-card"],
    ),
    rule(
        &["love", "loves", "爱你们", "爱你", "喜欢", "比心", "爱心"],
        &["heart"],
    ),
    rule(
        &[
            "great",
            "awesome",
            "excellent",
            "fantastic",
            "recommend",
            "recommended",
            "well made",
            "推荐",
            "好评",
            "点赞",
            "厉害",
            "五星",
            "太棒",
            "很棒",
            "真棒",
            "超棒",
            "棒",
        ],
        &["thumbs-up"],
    ),
    rule(
        &[
            "never",
            "absolutely not",
            "definitely not",
            "not a single",
            "not at all",
            "no",
            "不要",
            "绝不",
            "绝对不",
            "千万别",
            "从不",
            "从来不",
            "没有",
        ],
        &["no", "shake"],
    ),
    rule(
        &[
            "let me think",
            "think about",
            "i wonder",
            "consider",
            "想一想",
            "想想",
            "考虑",
            "思考",
        ],
        &["think"],
    ),
    rule(
        &[
            "don't know",
            "do not know",
            "who knows",
            "no idea",
            "谁知道",
            "不知道",
            "不清楚",
        ],
        &["shrug"],
    ),
    rule(
        &[
            "everybody",
            "everyone",
            "all of you",
            "you all",
            "大家",
            "各位",
            "所有人",
            "朋友们",
            "家人们",
            "宝宝们",
        ],
        &["open", "welcome"],
    ),
    rule(
        &[
            "congratulations",
            "congrats",
            "well done",
            "bravo",
            "恭喜",
            "太好了",
            "鼓掌",
        ],
        &["clap"],
    ),
    rule(
        &[
            "okay",
            "no problem",
            "all right",
            "没问题",
            "没关系",
            "放心",
        ],
        &["ok"],
    ),
    // What is none of the above.
    rule(
        &[
            "this week",
            "this month",
            "this year",
            "this morning",
            "this afternoon",
            "this evening",
            "this time",
            "this way",
            "this is why",
            "this means",
            "see you all",
            "no one",
            "no more than",
            "no matter",
            "no longer",
            "no doubt",
            "no worries",
            "yes or no",
            "no less",
            "great deal of",
            "great britain",
            "would love",
            "left over",
            "link to",
            "hi-fi",
            "这个月",
            "这个星期",
            "这个问题",
            "这个时候",
            "有没有",
            "没有问题",
            "没有关系",
            "要不要",
            "不要紧",
            "有没有人",
            "喜欢不喜欢",
            "喜不喜欢",
            "棒球",
            "棒棒糖",
            "不要太",
        ],
        &[],
    ),
];

/// What just before a word turns it into its contrary: nothing but [`DENYING`] gestures count behind it.
pub(super) const DENIALS: [&str; 14] = [
    "not ",
    "n't ",
    "never ",
    "no ",
    "not so ",
    "not very ",
    "isn't ",
    "without ",
    "不",
    "没",
    "没有",
    "不是",
    "不太",
    "不会",
];
/// Gestures that mean a denial themselves.
pub(super) const DENYING: [&str; 3] = ["no", "shake", "shrug"];

const ENGLISH: [&[&str]; 5] = [
    &["one", "first", "firstly", "number one"],
    &["two", "second", "secondly", "number two"],
    &["three", "third", "thirdly", "number three"],
    &["four", "fourth", "number four"],
    &["five", "fifth", "number five"],
];
/// What is counted in Chinese, behind the number. No money (元, 块), no time (点, 分), no discount (折).
const MEASURES: &str = "个款种件瓶盒支大条步样份套双只包杯位句项台张袋罐颗枚把本箱根组类";
/// Behind one of these `one` is counted, and at the beginning of a phrase; elsewhere it only is an article.
const BEFORE_ONE: &str = "买送就有要来第";
/// What makes a number a part of a larger one or a price.
const NUMERALS: &str = "零〇一二两三四五六七八九十百千万亿点.,0123456789$¥￥€£%";
/// Words behind an English number that is no count of things that could be shown.
const NO_COUNT: [&str; 26] = [
    "hundred", "thousand", "million", "billion", "dollar", "dollars", "buck", "bucks", "euro",
    "euros", "yuan", "cent", "cents", "percent", "point", "o'clock", "am", "pm", "minute",
    "minutes", "second", "seconds", "of", "hand", "time", "times",
];

/// A number from one to five that is counted at `at` in `chars` (lower case), and where it ends.
pub(super) fn count(chars: &[char], at: usize) -> Option<(usize, usize)> {
    chinese_count(chars, at).or_else(|| english_count(chars, at))
}

fn chinese_count(chars: &[char], at: usize) -> Option<(usize, usize)> {
    let before = at.checked_sub(1).map(|before| chars[before]);
    let is_ordinal = before == Some('第');
    if before.is_some_and(|c| NUMERALS.contains(c)) {
        return None;
    }
    let number = match chars[at] {
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        c => c.to_digit(10).filter(|n| (1..=5).contains(n))? as usize,
    };
    let mut behind = at + 1;
    while chars.get(behind) == Some(&' ') {
        behind += 1;
    }
    let next = chars.get(behind).copied();
    let is_measured = next.is_some_and(|c| MEASURES.contains(c));
    // 第一, 第一点, 第一个, but not 第一百.
    if is_ordinal {
        return next
            .is_none_or(|c| c == '点' || !NUMERALS.contains(c))
            .then_some((number, at + 1));
    }
    if !is_measured || (chars[at] == '二') {
        return None;
    }
    let is_article =
        chars[at] == '一' && !before.is_none_or(|c| is_mark(c) || BEFORE_ONE.contains(c));
    (!is_article).then_some((number, behind + 1))
}

fn english_count(chars: &[char], at: usize) -> Option<(usize, usize)> {
    let digit = chars[at].to_digit(10).filter(|n| (1..=5).contains(n));
    let before = at.checked_sub(1).map(|before| chars[before]);
    if before.is_some_and(|c| {
        c.is_ascii_alphanumeric() || (digit.is_some() && NUMERALS.contains(c)) || c == '-'
    }) {
        return None;
    }
    let (number, end, is_ordinal, is_named) = if let Some(digit) = digit {
        (digit as usize, at + 1, false, false)
    } else {
        let (number, word) = ENGLISH.iter().enumerate().find_map(|(index, words)| {
            let mut longest_first = words.iter().rev();
            let word = longest_first.find(|word| stands_at(chars, at, word))?;
            Some((index + 1, *word))
        })?;
        (
            number,
            at + word.len(),
            word != ENGLISH[number - 1][0],
            word.contains(' '),
        )
    };
    let next = next_word(chars, end);
    let counts = match next {
        // `Three!` as in a countdown, `first, ...`; a digit alone may be anything.
        None => digit.is_none() && (number > 1 || is_ordinal),
        Some(word) if NO_COUNT.contains(&word.as_str()) => false,
        Some(_) if is_named => true,
        // `a second`, `the first time`.
        Some(_) if is_ordinal => !chars[..at].ends_with(&['a', ' ']),
        Some(word) => {
            number > 1 && (digit.is_none() || word.ends_with('s'))
                || (number == 1 && word == "thing")
        }
    };
    counts.then_some((number, end))
}

/// The word right behind `at`, without a mark between.
fn next_word(chars: &[char], at: usize) -> Option<String> {
    let rest = chars[at..].strip_prefix(&[' '])?;
    let word: String = rest
        .iter()
        .take_while(|c| c.is_ascii_alphanumeric() || **c == '\'')
        .collect();
    (!word.is_empty()).then_some(word)
}

fn is_mark(c: char) -> bool {
    !c.is_alphanumeric()
}

/// Whether `word` stands at `at`; one in Latin letters between word borders.
pub(super) fn stands_at(chars: &[char], at: usize, word: &str) -> bool {
    let mut end = at;
    for c in word.chars() {
        if chars.get(end) != Some(&c) {
            return false;
        }
        end += 1;
    }
    let is_latin = |c: &char| c.is_ascii_alphanumeric();
    let begins_inside = at > 0 && is_latin(&chars[at]) && is_latin(&chars[at - 1]);
    let ends_inside = is_latin(&chars[end - 1]) && chars.get(end).is_some_and(is_latin);
    !begins_inside && !ends_inside
}
