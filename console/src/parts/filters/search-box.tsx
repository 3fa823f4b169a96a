import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** Searches a moment after the last key. */
export function SearchBox({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}): ReactNode {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  useEffect(() => {
    if (value !== asked.current) {
      asked.current = value;
      setText(value); // the address changed: back button, or a link
    }
  }, [value]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === asked.current) {
      return;
    }
    const timer = setTimeout(() => {
      asked.current = wanted;
      onSearch(wanted);
    }, 300);
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
