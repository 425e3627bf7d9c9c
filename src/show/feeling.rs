//! What somebody who says a sentence probably feels.

use crate::media::Emotion;

/// Words that tell a feeling; the first line that has one of them in the sentence counts. Chinese words are found
/// anywhere, words in Latin letters between word borders. Behind a feeling stands whether the sentence must exclaim as well.
const WORDS: [(Emotion, bool, &[&str]); 8] = [
    (
        Emotion::Warmth,
        false,
        &[
            "don't worry",
            "do not worry",
            "no worries",
            "no problem",
            "别担心",
            "不用担心",
            "不要担心",
            "不用不好意思",
            "放心",
        ],
    ),
    (
        Emotion::Apology,
        false,
        &[
            "sorry",
            "apologize",
            "apologise",
            "apologies",
            "my apologies",
            "my mistake",
            "forgive us",
            "forgive me",
            "抱歉",
            "对不起",
            "不好意思",
            "见谅",
            "我的错",
            "道歉",
        ],
    ),
    (
        Emotion::Concern,
        false,
        &[
            "unfortunately",
            "worry",
            "worried",
            "sold out",
            "out of stock",
            "too bad",
            "be careful",
            "problem with",
            "担心",
            "没货",
            "卖完",
            "售罄",
            "断货",
            "可惜",
            "遗憾",
            "糟糕",
            "注意安全",
            "小心",
        ],
    ),
    (
        Emotion::Surprise,
        false,
        &[
            "wow",
            "whoa",
            "oh my",
            "no way",
            "really?!",
            "really!?",
            "unbelievable",
            "incredible",
            "can you believe",
            "哇",
            "居然",
            "竟然",
            "天哪",
            "天啊",
            "真的吗",
            "没想到",
            "不会吧",
            "难以置信",
        ],
    ),
    (
        Emotion::Excitement,
        true,
        &[
            "offer",
            "deal",
            "discount",
            "sale",
            "half price",
            "free",
            "off",
            "giveaway",
            "only today",
            "last chance",
            "good news",
            "great news",
            "hurry",
            "let's go",
            "优惠",
            "折",
            "秒杀",
            "福利",
            "抢",
            "特价",
            "半价",
            "免费",
            "送",
            "好消息",
            "开播",
            "开抢",
            "上车",
            "冲",
        ],
    ),
    (
        Emotion::Warmth,
        false,
        &[
            "thank you",
            "thanks",
            "thank",
            "welcome",
            "dear",
            "take care",
            "grateful",
            "love you",
            "see you",
            "谢谢",
            "感谢",
            "欢迎",
            "亲爱的",
            "宝宝们",
            "辛苦",
            "爱你们",
            "再见",
            "晚安",
            "感恩",
        ],
    ),
    (
        Emotion::Joy,
        false,
        &[
            "happy",
            "glad",
            "so good",
            "love it",
            "love this",
            "love them",
            "fantastic",
            "wonderful",
            "great news",
            "good news",
            "awesome",
            "congratulations",
            "haha",
            "太棒了",
            "太好了",
            "开心",
            "高兴",
            "恭喜",
            "哈哈",
            "真棒",
            "好消息",
            "喜欢",
        ],
    ),
    (
        Emotion::Joy,
        true,
        &[
            "great",
            "beautiful",
            "amazing",
            "perfect",
            "hello",
            "hi",
            "棒",
            "美",
            "漂亮",
            "好看",
            "好吃",
            "大家好",
            "你好",
        ],
    ),
];

/// Guesses by a few words of Chinese and English; neutral where none of them is said.
pub fn guess_feeling(sentence: &str) -> Emotion {
    let sentence: String = sentence
        .chars()
        .map(|c| if c == '’' { '\'' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    let exclaims = sentence.contains(['!', '！']);
    WORDS
        .iter()
        .filter(|(_, must_exclaim, _)| exclaims || !must_exclaim)
        .find(|(_, _, words)| words.iter().any(|word| says(&sentence, word)))
        .map_or(Emotion::Neutral, |(feeling, _, _)| *feeling)
}

/// Whether `word` is said: anywhere, but words in Latin letters begin and end where words do, and nothing counts that is
/// denied just before (`not happy`, 不开心).
fn says(sentence: &str, word: &str) -> bool {
    let is_latin = |c: char| c.is_ascii_alphanumeric();
    sentence.match_indices(word).any(|(at, found)| {
        let (before, after) = (&sentence[..at], &sentence[at + found.len()..]);
        let is_whole = !word.starts_with(is_latin)
            || !(before.ends_with(is_latin)
                || (word.ends_with(is_latin) && after.starts_with(is_latin)));
        let is_denied =
            before.ends_with("not ") || before.ends_with("n't ") || before.ends_with(['不', '没']);
        is_whole && !is_denied
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_words_tell_the_feeling() {
        let cases = [
            ("Welcome to our live room.", Emotion::Warmth),
            ("Thank you so much for coming!", Emotion::Warmth),
            ("谢谢大家的支持。", Emotion::Warmth),
            ("欢迎新来的朋友！", Emotion::Warmth),
            ("I am sorry, that was wrong.", Emotion::Apology),
            ("非常抱歉，让您久等了。", Emotion::Apology),
            ("Wow, look at that.", Emotion::Surprise),
            ("Really?! For this price?", Emotion::Surprise),
            ("哇，这个颜色居然还有！", Emotion::Surprise),
            ("Today only: half price!", Emotion::Excitement),
            ("三二一，开抢！", Emotion::Excitement),
            ("今天的优惠真的很大！", Emotion::Excitement),
            ("太棒了，我们卖了一万件。", Emotion::Joy),
            ("Unfortunately the red one is sold out.", Emotion::Concern),
            ("红色的已经没货了。", Emotion::Concern),
            ("Don’t worry, it is washable.", Emotion::Warmth),
            ("别担心，可以退换。", Emotion::Warmth),
            ("It weighs three hundred grams.", Emotion::Neutral),
            ("这款杯子是陶瓷的。", Emotion::Neutral),
            ("I am not happy with it.", Emotion::Neutral),
            ("他不开心。", Emotion::Neutral),
            ("The high thinker dealt with it!", Emotion::Neutral),
            ("", Emotion::Neutral),
        ];
        for (sentence, feeling) in cases {
            assert_eq!(guess_feeling(sentence), feeling, "{sentence}");
        }
    }
}
