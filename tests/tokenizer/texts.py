"""A little text in several scripts, enough to train a throw-away tokenizer on."""

from __future__ import annotations

SENTENCES = (
    "Ọmọ náà ń lọ sí ilé ìwé ní òwúrọ̀, ó sì ń ṣeré pẹ̀lú àwọn ọ̀rẹ́ rẹ̀.",
    "ልጆቹ በጠዋት ወደ ትምህርት ቤት ሄዱ፤ ከጓደኞቻቸው ጋርም ተጫወቱ።",
    "ߌ ߣߌ߫ ߛߐ߰ߡߊ߫߸ ߘߋ߲ߡߌߛߍ߲ ߠߎ߬ ߕߊ߯ߣߍ߲߫ ߞߊߙߊ߲ߕߊ ߘߐ߫.",
    "ذهب الأطفال إلى المدرسة في الصباح ولعبوا مع أصدقائهم.",
    "ក្មេងៗទៅសាលារៀននៅពេលព្រឹក ហើយលេងជាមួយមិត្តភក្តិ។",
    "Ƙananan yara sun tafi makaranta da safe, suna wasa da abokansu.",
)
TEXTS = [" ".join([SENTENCES[i % 6], SENTENCES[(i * 5 + 1) % 6], f"{i}."]) for i in range(60)]
