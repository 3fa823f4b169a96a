import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";

const DELAY_MILLISECONDS = 300;

interface Props {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}

/** A search field that searches 300 ms after the last key. */
export function SearchBox({ label, value, onSearch }: Props): ReactNode {
  const [text, setText] = useState(value);
  const searchedText = useRef(value);
  useEffect(() => {
    // If the address changes otherwise, by the back button or a link, the field follows it.
    if (value !== searchedText.current) {
      searchedText.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    const trimmedText = text.trim();
    if (trimmedText === searchedText.current) {
      return;
    }
    const timer = setTimeout(() => {
      searchedText.current = trimmedText;
      onSearch(trimmedText);
    }, DELAY_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <Input
      className="search"
      type="search"
      allowClear
      maxLength={100}
      prefix={<SearchOutlined aria-hidden="true" />}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
