//! Values of JSON that may be of any kind: what is not what it should be is not there.

use serde_json::Value;

/// A finite number.
pub(super) fn number(value: &Value) -> Option<f32> {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "what is too large is infinite, and left out"
    )]
    let number = value.as_f64()? as f32;
    number.is_finite().then_some(number)
}

/// The finite number under `key`.
pub(super) fn number_of(value: &Value, key: &str) -> Option<f32> {
    number(value.get(key)?)
}

/// The index under `key`, of `count` things.
pub(super) fn index_of(value: &Value, key: &str, count: usize) -> Option<usize> {
    let index = usize::try_from(value.get(key)?.as_u64()?).ok()?;
    (index < count).then_some(index)
}

/// The first `N` finite numbers of the list under `key`.
pub(super) fn numbers_of<const N: usize>(value: &Value, key: &str) -> Option<[f32; N]> {
    let list = value.get(key)?.as_array()?;
    let mut numbers = [0.0; N];
    for (to, from) in numbers.iter_mut().zip(0..) {
        *to = number(list.get(from)?)?;
    }
    Some(numbers)
}

/// The text under `key`; empty text is not there.
pub(super) fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    let text = value.get(key)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The list under `key`; empty where there is none.
pub(super) fn list_of<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether `key` is true.
pub(super) fn is(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}
